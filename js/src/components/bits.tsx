import type { ComponentChild, ComponentChildren, JSX } from "preact";
import { prevent, stopHere } from "../events";
import { type IconName, iconOf } from "../icons";
import { capsOf } from "../keys";
import { shown } from "../shown";
import { memo } from "./memo";

const ARROWS: Readonly<Record<string, IconName>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};

/** Takes the room that is left in a line, so that what follows stands at its end. */
export const GAP = <span class="sw-grow" />;

/** A chord as key caps. */
export function keysOf(chord: string): ComponentChild {
  return (
    chord && (
      <span class="sw-keys">
        {capsOf(chord).map((cap) => {
          const arrow = ARROWS[cap];
          return <kbd class="sw-kbd">{arrow ? iconOf(arrow, 12, "", cap) : cap}</kbd>;
        })}
      </span>
    )
  );
}

interface PressProps {
  onPress: () => void;
  class?: string;
  /** Why it cannot be pressed now: shown as its tooltip, and said when it is pressed all the same. */
  off?: string | null | undefined;
  title?: string | undefined;
  label?: string | undefined;
  /** Whether it opens something. */
  menu?: boolean | undefined;
  /** Whether that is open. */
  open?: boolean | undefined;
  role?: "radio" | "tab";
  tabIndex?: number;
  "aria-checked"?: boolean;
  "aria-pressed"?: boolean;
  "aria-selected"?: boolean;
  children?: ComponentChildren;
}

/** What all buttons share. `aria-disabled`, not `disabled`: a disabled button loses the focus, and its reason. */
export function Press({ onPress, off, title, label, menu, open, ...own }: PressProps): JSX.Element {
  return (
    <button
      type="button"
      aria-disabled={off ? "true" : undefined}
      aria-haspopup={menu ? "dialog" : undefined}
      aria-expanded={menu ? open === true : undefined}
      aria-label={label}
      title={off ?? title}
      onClick={() => (off ? undefined : onPress())}
      {...own}
    />
  );
}

interface ButtonProps extends PressProps {
  icon?: IconName;
  /** The chord shown as key caps. */
  chord?: string;
}

/** A button with a word. */
export function Button({ icon, chord, class: more = "", children, ...own }: ButtonProps): JSX.Element {
  return (
    <Press {...own} class={`sw-btn ${more}`}>
      {icon && iconOf(icon)}
      {children !== undefined && <span class="sw-ell">{children}</span>}
      {chord && <span class="sw-hide-m">{keysOf(chord)}</span>}
      {own.menu && iconOf("chevd", 12)}
    </Press>
  );
}

interface IconButtonProps extends PressProps {
  icon: IconName;
  label: string;
}

/** A button with an icon alone; its label is its tooltip, too. */
export function IconButton({ icon, class: more = "", ...own }: IconButtonProps): JSX.Element {
  return (
    <Press title={own.label} {...own} class={`sw-icon-btn ${more}`}>
      {iconOf(icon)}
    </Press>
  );
}

/** Words to press in a line of text. */
export function Link({ class: more = "", ...own }: PressProps): JSX.Element {
  return <Press {...own} class={`sw-link ${more}`} />;
}

interface CheckProps {
  on: boolean | "mixed";
  label: string;
  onToggle: (event: MouseEvent) => void;
}

/** A box in the grid. It takes no focus of its own: Space on the row ticks it. */
export function Check({ on, label, onToggle }: CheckProps): JSX.Element {
  return (
    <span
      class={`sw-check ${on === "mixed" ? "sw-check--on" : ""}`}
      role="checkbox"
      aria-checked={on}
      aria-label={label}
      tabIndex={-1}
      onMouseDown={prevent}
      onClick={(event) => {
        stopHere(event);
        onToggle(event);
      }}
    >
      {on === true && iconOf("check")}
      {on === "mixed" && iconOf("minus")}
    </span>
  );
}

/** Names from the root to a topic, the last one strong. */
export const TopicPath = memo(function TopicPath({ path }: { path: readonly string[] }): JSX.Element {
  const names = path.length > 0 ? path : ["All topics"];
  return (
    <>
      {names.map((name, index) => (
        <>
          {index > 0 && iconOf("chev", 12, "sw-faint")}
          {index === names.length - 1 ? (
            <b class="sw-ell" dir="auto">
              {shown(name)}
            </b>
          ) : (
            <span class="sw-ell sw-crumb-up" dir="auto">
              {shown(name)}
            </span>
          )}
        </>
      ))}
    </>
  );
});

export function Section(props: {
  label: string;
  aside?: ComponentChildren;
  children?: ComponentChildren;
}): JSX.Element {
  return (
    <section class="sw-sec">
      <div class="sw-sec-h">
        <h3 class="sw-label">{props.label}</h3>
        {props.aside}
      </div>
      {props.children}
    </section>
  );
}
