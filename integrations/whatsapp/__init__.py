"""WhatsApp Business Platform (Cloud API): signatures, webhooks, sending and media."""
