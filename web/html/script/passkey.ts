// Makes and shows passkeys. A form with data-passkey stays hidden unless this browser
// can, at this address; when it is sent, the browser is asked first, and its answer goes
// with the form. What goes wrong is said in the words that the form brings along.

const bytes = (text: string): ArrayBuffer => {
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0)).buffer;
};

const text = (raw: ArrayBuffer | null): string | undefined =>
  raw ? btoa(String.fromCharCode(...new Uint8Array(raw))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "") : undefined;

type Named = { id: string; type: "public-key" };
const named = (list: Named[] | undefined) => list?.map((c) => ({ ...c, id: bytes(c.id) }));

const make = async (o: any): Promise<PublicKeyCredential> => {
  o.challenge = bytes(o.challenge);
  o.user.id = bytes(o.user.id);
  o.excludeCredentials = named(o.excludeCredentials);
  return (await navigator.credentials.create({ publicKey: o })) as PublicKeyCredential;
};

const show = async (o: any): Promise<PublicKeyCredential> => {
  o.challenge = bytes(o.challenge);
  o.allowCredentials = named(o.allowCredentials);
  return (await navigator.credentials.get({ publicKey: o })) as PublicKeyCredential;
};

const written = (c: PublicKeyCredential): string => {
  const r = c.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  return JSON.stringify({
    id: c.id,
    rawId: text(c.rawId),
    type: c.type,
    clientExtensionResults: {},
    response: {
      clientDataJSON: text(r.clientDataJSON),
      attestationObject: text(r.attestationObject ?? null),
      authenticatorData: text(r.attestationObject ? null : r.authenticatorData),
      signature: text(r.signature ?? null),
      userHandle: text(r.userHandle ?? null),
    },
  });
};

// ask returns the browser's answer, or leads on where the server wants something first.
const ask = async (form: HTMLFormElement): Promise<string | null> => {
  const fields = new URLSearchParams();
  new FormData(form).forEach((value, name) => fields.append(name, String(value)));
  const res = await fetch(form.dataset.options!, { method: "POST", body: fields });
  if (res.redirected) {
    location.assign(res.url);
    return null;
  }
  if (!res.ok) throw new Error(String(res.status));
  const { publicKey } = await res.json();
  return written(await (form.dataset.passkey === "make" ? make(publicKey) : show(publicKey)));
};

const ready = (form: HTMLFormElement) => {
  const button = form.querySelector<HTMLButtonElement>("button:not([type])")!;
  const says = form.querySelectorAll<HTMLElement>("[data-when]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (button.hasAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    says.forEach((s) => (s.hidden = true));
    try {
      const answer = await ask(form);
      if (answer === null) return;
      form.querySelector<HTMLInputElement>("input[name=answer]")!.value = answer;
      form.submit();
    } catch (error) {
      const when = (error as DOMException).name === "InvalidStateError" ? "present" : "failed";
      says.forEach((s) => (s.hidden = s.dataset.when !== when));
      button.removeAttribute("aria-busy");
    }
  });
};

if (window.PublicKeyCredential && isSecureContext) {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-passkey]")) {
    if (form.dataset.origin !== location.origin) continue;
    ready(form);
    const box = form.closest<HTMLElement>("[data-passkey-box]")!;
    box.hidden = false;
    document.querySelectorAll<HTMLElement>("[data-passkey-none]").forEach((s) => (s.hidden = true));
  }
}
