import { type ComponentType, h as create, Fragment, type VNode } from "preact";

// What `<div>` and `<>` become: the build puts these names into every file that has them.
export { Fragment };

/** As Preact's. Where a class is all that an element has, the build says it as text instead of an object. */
export function h<Props extends object>(
  type: ComponentType<Props> | string,
  props: (Props & { class?: string }) | string | null,
  ...children: never[]
): VNode {
  return create(type as string, typeof props === "string" ? { class: props } : props, ...children);
}

/** What most elements are. */
export const h$div = h.bind(null, "div");
export const h$span = h.bind(null, "span");
export const h$p = h.bind(null, "p");

/** Many in a row, with nothing around them. */
export const h$row = h.bind(null, Fragment, null);
