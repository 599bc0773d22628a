// Elements from code. Texts are only ever texts: nothing that comes from a model, a task or a name is markup.

type Child = Node | string | null | undefined;
type Attributes = { [name: string]: string | boolean | ((event: any) => void) };

export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, value);
  }
  for (const child of children) if (child != null) element.append(child);
  return element;
}

export function replace(element: Element, ...children: Child[]): void {
  element.replaceChildren(...children.filter((child): child is Node | string => child != null));
}

// Draws a part anew and puts it in only if it differs, so that what stays as it was keeps its focus, its selection and its
// place. What the reader has opened, closed or scrolled stays so.
export function refresh(place: HTMLElement, draw: (place: HTMLElement) => void): void {
  const fresh = place.cloneNode(false) as HTMLElement;
  draw(fresh);
  const title = (part: Element) => part.querySelector("summary")?.textContent ?? "";
  for (const part of Array.from(fresh.querySelectorAll("details"))) {
    const before = Array.from(place.querySelectorAll("details")).find((one) => title(one) === title(part));
    if (before) part.open = before.open;
  }
  if (fresh.isEqualNode(place)) return;
  const focused = place.contains(document.activeElement) ? document.activeElement!.id : "";
  const scrolled = Array.from(place.querySelectorAll(".scroll")).map((one) => [one.scrollLeft, one.scrollTop]);
  place.hidden = fresh.hidden;
  place.replaceChildren(...Array.from(fresh.childNodes));
  place.querySelectorAll(".scroll").forEach((one, index) => {
    if (scrolled[index]) [one.scrollLeft, one.scrollTop] = scrolled[index];
  });
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

// Keeps what the reader sees where it is while `change` makes parts above it longer or shorter.
export function inPlace(change: () => void): void {
  const root = document.documentElement;
  const parts = () => Array.from(document.querySelectorAll("main > *, figure")).filter((one) => (one as HTMLElement).offsetParent !== null);
  // The part at the upper edge; none at the very top, where what is new may push the rest down.
  const anchor = window.scrollY === 0 ? undefined : parts().filter((one) => one.getBoundingClientRect().top <= 1).pop();
  const before = anchor?.getBoundingClientRect().top ?? 0;
  root.style.overflowAnchor = "none";
  change();
  if (anchor) window.scrollBy(0, anchor.getBoundingClientRect().top - before);
  requestAnimationFrame(() => (root.style.overflowAnchor = ""));
}

export function byId(id: string): HTMLElement {
  return document.getElementById(id)!;
}

// A page from a file may not have the clipboard: then the text is selected in a hidden field and copied.
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = h("textarea", { class: "hidden-field", readonly: true, "aria-hidden": "true" }) as HTMLTextAreaElement;
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

export function copyButton(label: string, text: () => string): HTMLElement {
  const button = h("button", { type: "button", class: "small" }, label);
  button.addEventListener("click", async () => {
    const done = await copy(text());
    button.textContent = done ? "Copied" : "Could not copy";
    setTimeout(() => (button.textContent = label), 1500);
  });
  return button;
}

export function save(name: string, type: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = h("a", { href: url, download: name }) as HTMLAnchorElement;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
