import type { View } from "./view";

/** Puts text on the clipboard, also where the page may not use the modern way, and says whether it is there. */
export async function copyText(view: View, text: string, what: string): Promise<void> {
  let copied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copied = copyOld(text, view.root);
  }
  if (copied) view.toasts.say(`Copied ${what}`);
  else view.toasts.warn("The browser did not let it be copied.");
}

function copyOld(text: string, near: HTMLElement): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.style.cssText = "position:fixed;opacity:0";
  near.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}
