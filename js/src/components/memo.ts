import { Component, type ComponentChild, type ComponentClass } from "preact";

/**
 * A component that is drawn again for other props alone. One that reads signals is so by itself; this is for small ones
 * that stand in every row, or are long, and would be drawn again with what is around them.
 */
export function memo<Props extends object>(draw: (props: Props) => ComponentChild): ComponentClass<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>, state: unknown): boolean {
      return state !== this.state || !areEqual(next, this.props);
    }
    override render(props: Props): ComponentChild {
      return draw(props);
    }
  };
}

function areEqual(a: object, b: object): boolean {
  const [one, other] = [a, b] as Record<string, unknown>[];
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => one?.[name] === other?.[name]);
}
