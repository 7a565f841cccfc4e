// The dialogs that need nothing from the server: a picture in large, and the questions that are
// asked before something is done.
import { useEffect, useRef, useState } from "react";
import { AlertDialog, Button, Dialog, Flex, TextArea } from "@radix-ui/themes";

const LONGEST = 4096;

export function Dialogs({ asking, saved, close, onRetry, onEdit, onDelete }) {
  const line = asking?.line;
  const back = (event) => {
    event.preventDefault();
    line?.from?.focus();
  };
  if (!asking) return null;
  const shared = { close, back };
  if (asking.what === "image") return <Lightbox {...shared} link={line.from} />;
  if (asking.what === "edit")
    return <EditNote {...shared} text={line.text} saved={saved} save={(t) => onEdit(line.id, t)} />;
  if (asking.what === "delete")
    return (
      <Question
        {...shared}
        title="Delete this note?"
        line="Your colleagues will no longer see its words, only that there was a note."
        yes="Delete note"
        color="red"
        go={() => onDelete(line.id)}
      />
    );
  return (
    <Question
      {...shared}
      title="Did it arrive?"
      line="WhatsApp's answer was lost, so the customer may have this message already. Ask them first; sent again, they may have it twice."
      yes="I checked, it did not arrive"
      go={() => onRetry(line.id)}
    />
  );
}

function Question({ title, line, yes, color, go, close, back }) {
  return (
    <AlertDialog.Root open onOpenChange={(open) => !open && close()}>
      <AlertDialog.Content maxWidth="420px" onCloseAutoFocus={back}>
        <AlertDialog.Title size="4">{title}</AlertDialog.Title>
        <AlertDialog.Description size="2">{line}</AlertDialog.Description>
        <Flex gap="3" mt="4" justify="end" wrap="wrap">
          <AlertDialog.Cancel>
            <Button variant="soft" color="gray">
              Cancel
            </Button>
          </AlertDialog.Cancel>
          <AlertDialog.Action>
            <Button color={color} onClick={go}>
              {yes}
            </Button>
          </AlertDialog.Action>
        </Flex>
      </AlertDialog.Content>
    </AlertDialog.Root>
  );
}

function EditNote({ text, saved, save, close, back }) {
  const [words, setWords] = useState(text);
  const before = useRef(saved);
  const ready = words.trim() !== "" && words !== text;

  useEffect(() => {
    // Only the server's word closes it: a refusal keeps what was typed.
    if (saved !== before.current) close();
  }, [saved]);

  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Content maxWidth="480px" onCloseAutoFocus={back}>
        <Dialog.Title size="4">Edit note</Dialog.Title>
        <Dialog.Description size="2" mb="3">
          Only your team sees it.
        </Dialog.Description>
        <TextArea
          aria-label="Note"
          rows={5}
          maxLength={LONGEST}
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <Flex gap="3" mt="4" justify="end">
          <Dialog.Close>
            <Button variant="soft" color="gray">
              Cancel
            </Button>
          </Dialog.Close>
          <Button disabled={!ready} onClick={() => save(words)}>
            Save note
          </Button>
        </Flex>
      </Dialog.Content>
    </Dialog.Root>
  );
}

function Lightbox({ link, close, back }) {
  const name = link.dataset.name || "Photo";
  const picture = { display: "block", margin: "0 auto", maxWidth: "100%", maxHeight: "74dvh" };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Content
        maxWidth="min(1100px, 94vw)"
        aria-describedby={undefined}
        onCloseAutoFocus={back}
      >
        <Dialog.Title size="3" truncate>
          {name}
        </Dialog.Title>
        <img src={link.getAttribute("href")} alt={name} style={picture} />
        <Flex gap="3" mt="4" justify="end">
          <Button variant="soft" color="gray" asChild>
            <a href={link.getAttribute("href")} download={link.dataset.file || true}>
              Download
            </a>
          </Button>
          <Dialog.Close>
            <Button>Close</Button>
          </Dialog.Close>
        </Flex>
      </Dialog.Content>
    </Dialog.Root>
  );
}
