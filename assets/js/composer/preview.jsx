// A template as the phone will show it; values stand out, what is missing keeps its placeholder.
import { ExternalLink, Image, Phone, Reply } from "lucide-react";

const VARIABLE = /\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g;
const MARKS = { link: ExternalLink, phone: Phone, reply: Reply };

export function Preview({ chosen, values, file }) {
  return (
    <div className="preview" role="group" aria-label="Preview">
      {chosen && (
        <div className="bubble">
          {chosen.header_kind === "text" && (
            <strong>
              <Filled where="header" text={chosen.header} values={values} />
            </strong>
          )}
          {["image", "video", "document"].includes(chosen.header_kind) && (
            <Header kind={chosen.header_kind} file={file} />
          )}
          <p>
            <Filled where="body" text={chosen.body} values={values} />
          </p>
          {chosen.footer && <small>{chosen.footer}</small>}
          {chosen.buttons.map(({ text, kind }) => (
            <Button key={text} text={text} kind={kind} />
          ))}
        </div>
      )}
    </div>
  );
}

function Filled({ where, text, values }) {
  const parts = text.split(VARIABLE);
  return parts.map((part, at) => {
    if (at % 2 === 0) return part;
    const value = (values[`${where}.${part}`] || "").trim();
    return value ? <b key={at}>{value}</b> : <mark key={at}>{`{{${part}}}`}</mark>;
  });
}

function Header({ kind, file }) {
  if (file?.preview && kind === "image") return <img src={file.preview} alt={file.name} />;
  return (
    <span className="media">
      <Image size={16} aria-hidden="true" /> {file ? file.name : `The ${kind} goes here`}
    </span>
  );
}

function Button({ text, kind }) {
  const Mark = MARKS[kind];
  return (
    <span className="button">
      {Mark && <Mark size={13} aria-hidden="true" />} {text}
    </span>
  );
}
