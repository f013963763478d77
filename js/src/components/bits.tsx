import type { ComponentChildren, JSX } from "preact";
import { prevent, stopHere } from "../events";
import { Icon, type IconName } from "../icons";
import { capsOf } from "../keys";

const ARROWS: Readonly<Record<string, IconName>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};

/** Takes the room that is left in a line, so that what follows stands at its end. */
export const GAP = <span class="sw-grow" />;

/** A chord as key caps. */
export function Keys({ chord }: { chord: string }): JSX.Element {
  return (
    <span class="sw-keys">
      {capsOf(chord).map((cap) => {
        const arrow = ARROWS[cap];
        return <kbd class="sw-kbd">{arrow ? <Icon name={arrow} size={12} label={cap} /> : cap}</kbd>;
      })}
    </span>
  );
}

interface ButtonProps {
  onPress: () => void;
  icon?: IconName;
  /** The chord shown as key caps. */
  chord?: string;
  class?: string;
  /** Why it cannot be pressed now: shown as its tooltip, and said when it is pressed all the same. */
  off?: string | null;
  title?: string;
  label?: string;
  menu?: boolean;
  open?: boolean;
  children?: ComponentChildren;
}

/** A button with a word. `aria-disabled`, not `disabled`: a disabled button loses the focus, and its reason. */
export function Button(props: ButtonProps): JSX.Element {
  const { icon, chord, off, menu, open, children } = props;
  return (
    <button
      type="button"
      class={`sw-btn ${props.class ?? ""}`}
      aria-disabled={off ? "true" : undefined}
      aria-haspopup={menu ? "dialog" : undefined}
      aria-expanded={menu ? open === true : undefined}
      aria-label={props.label}
      title={off ?? props.title}
      onClick={() => (off ? undefined : props.onPress())}
    >
      {icon && <Icon name={icon} />}
      {children !== undefined && <span class="sw-ell">{children}</span>}
      {chord && (
        <span class="sw-hide-m">
          <Keys chord={chord} />
        </span>
      )}
      {menu && <Icon name="chevd" size={12} />}
    </button>
  );
}

interface IconButtonProps {
  icon: IconName;
  label: string;
  onPress: () => void;
  off?: string | null;
  class?: string;
  pressed?: boolean;
  /** Whether it opens something. */
  menu?: boolean;
}

export function IconButton({
  icon,
  label,
  onPress,
  off,
  class: more = "",
  pressed,
  menu,
}: IconButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class={`sw-icon-btn ${more}`}
      aria-label={label}
      aria-disabled={off ? "true" : undefined}
      aria-haspopup={menu ? "dialog" : undefined}
      aria-expanded={menu ? pressed === true : undefined}
      aria-pressed={menu ? undefined : pressed}
      title={off ?? label}
      onClick={() => (off ? undefined : onPress())}
    >
      <Icon name={icon} />
    </button>
  );
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
      {on === true && <Icon name="check" />}
      {on === "mixed" && <Icon name="minus" />}
    </span>
  );
}

/** Names from the root to a topic, the last one strong. */
export function TopicPath({ path }: { path: readonly string[] }): JSX.Element {
  const names = path.length > 0 ? path : ["All topics"];
  return (
    <>
      {names.map((name, index) => (
        <>
          {index > 0 && <Icon name="chev" size={12} class="sw-faint" />}
          {index === names.length - 1 ? (
            <b class="sw-ell" dir="auto">
              {name}
            </b>
          ) : (
            <span class="sw-ell sw-crumb-up" dir="auto">
              {name}
            </span>
          )}
        </>
      ))}
    </>
  );
}

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

/** Puts text on the clipboard, also where the page may not use the modern way. */
export function copyText(text: string, near: HTMLElement): void {
  const old = () => {
    const field = document.createElement("textarea");
    field.value = text;
    field.style.cssText = "position:fixed;opacity:0";
    near.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  };
  if (navigator.clipboard) navigator.clipboard.writeText(text).catch(old);
  else old();
}
