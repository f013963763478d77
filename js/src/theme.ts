import { atEnd } from "./events";

export type Theme = "light" | "dark" | "contrast" | "contrast-light";

/** What is known of the page around the widget. */
export interface Surroundings {
  trait: string;
  vscode: string | null;
  jupyterLight: string | null;
  colab: string | null;
  generic: string | null;
  luminance: number | null;
  systemDark: boolean;
  moreContrast: boolean;
}

const THEMES: readonly string[] = ["light", "dark", "contrast", "contrast-light"] satisfies Theme[];

function isTheme(name: string): name is Theme {
  return THEMES.includes(name);
}

/** The theme that fits, from the surest sign to the weakest. Notebooks contradict themselves, so order matters. */
export function choose(page: Surroundings): Theme {
  if (isTheme(page.trait)) return page.trait;
  const vscode = page.vscode?.replace(/^vscode-(?:high-)?/, "") ?? "";
  if (isTheme(vscode)) return vscode;
  const dark = isDark(page);
  if (page.moreContrast) return dark ? "contrast" : "contrast-light";
  return dark ? "dark" : "light";
}

function isDark(page: Surroundings): boolean {
  if (page.jupyterLight !== null) return page.jupyterLight === "false";
  if (page.colab === "dark" || page.colab === "light") return page.colab === "dark";
  if (page.generic !== null) return page.generic.includes("dark");
  if (page.luminance !== null) return page.luminance < 0.4;
  return page.systemDark;
}

/** Looks around `root`. */
export function surroundings(root: HTMLElement, trait: unknown): Surroundings {
  const pages = documents(root);
  const first = (read: (page: Document) => string | null | undefined) =>
    pages.map(read).find((value) => value) ?? null;
  const generic = (page: Document) => {
    for (const element of [page.body, page.documentElement]) {
      const named = element?.getAttribute("data-theme") ?? element?.getAttribute("data-bs-theme");
      if (named) return named;
      if (element?.classList.contains("dark") || element?.classList.contains("dark-theme")) return "dark";
    }
    return null;
  };
  return {
    trait: typeof trait === "string" ? trait : "auto",
    vscode: first((page) => page.body?.getAttribute("data-vscode-theme-kind")),
    jupyterLight: first((page) => page.body?.getAttribute("data-jp-theme-light")),
    colab: first((page) => page.documentElement.getAttribute("theme")),
    generic: first(generic),
    luminance: luminanceBehind(root),
    systemDark: matchMedia("(prefers-color-scheme: dark)").matches,
    moreContrast: matchMedia("(prefers-contrast: more)").matches,
  };
}

/** Our own document and, where the browser lets us, those of the frames around it. */
function documents(root: HTMLElement): Document[] {
  const found = [root.ownerDocument];
  try {
    const outer = window.parent.document;
    if (outer !== found[0]) found.push(outer);
  } catch {
    // another origin's frame: it keeps its theme to itself
  }
  return found;
}

function luminanceBehind(root: HTMLElement): number | null {
  let element: Element | null = root.parentElement;
  let host = root.getRootNode();
  while (element || host instanceof ShadowRoot) {
    if (!element) {
      element = (host as ShadowRoot).host;
      host = element.getRootNode();
    }
    const [red = 0, green = 0, blue = 0, alpha = 1] =
      getComputedStyle(element)
        .backgroundColor.match(/[\d.]+/g)
        ?.map(Number) ?? [];
    if (alpha > 0.5) return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
    element = element.parentElement;
  }
  return null;
}

/** Keeps `data-sw-theme` on the root true while the page, the system or the trait changes. */
export function followTheme(root: HTMLElement, trait: () => unknown, until: AbortSignal): () => void {
  const set = () => {
    const theme = choose(surroundings(root, trait()));
    if (root.dataset.swTheme !== theme) root.dataset.swTheme = theme;
  };
  set();
  const observer = new MutationObserver(set);
  const attributeFilter = [
    "class",
    "theme",
    "data-theme",
    "data-bs-theme",
    "data-vscode-theme-kind",
    "data-jp-theme-light",
    "style",
  ];
  for (const page of documents(root)) {
    observer.observe(page.documentElement, { attributes: true, attributeFilter });
    if (page.body) observer.observe(page.body, { attributes: true, attributeFilter });
  }
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
    matchMedia(query).addEventListener("change", set, { signal: until });
  }
  atEnd(until, () => observer.disconnect());
  return set;
}
