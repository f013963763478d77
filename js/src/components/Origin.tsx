import type { JSX } from "preact";
import { compare, isProposed } from "../compare";
import type { SampleBody, SampleRow, VersionView } from "../protocol.gen";
import { said, shown } from "../shown";
import type { View } from "../view";
import { clock } from "../words";
import { GAP, Link, Section } from "./bits";
import { memo } from "./memo";

/** Where a sample comes from: the calls behind its current version, and its versions. */
export const Origin = memo(function Origin(props: {
  view: View;
  row: SampleRow;
  body: SampleBody;
  current: VersionView;
}): JSX.Element {
  const { view, row, body, current } = props;
  // An input that waited for its output is a step, not a version that anyone would go back to.
  const versions = body.versions
    .filter((version) => version.n === current.n || version.output !== null || version.problem !== null)
    .reverse();
  const several = versions.filter((version) => version.output !== null).length > 1;
  return (
    <>
      {current.made.length > 0 && (
        <Section label="Made by">
          <dl class="sw-meta">
            {current.made.map(([name, value]) => (
              <>
                <dt>{name}</dt>
                <dd dir="auto" class={name === "Guidance" ? "sw-clamp" : "sw-ell"} title={value}>
                  {said(value ?? "")}
                </dd>
              </>
            ))}
          </dl>
        </Section>
      )}
      <Section
        label={versions.length > 1 ? "Versions" : "Version"}
        aside={
          several && (
            <Link class="sw-small" onPress={() => compare(view)}>
              Compare
            </Link>
          )
        }
      >
        <ol class="sw-versions sw-small">
          {versions.map((version) => (
            <li class={version.n === current.n ? "" : "sw-muted"}>
              <span class="sw-strong">{version.n || "Input"}</span>
              {several && version.output !== null ? (
                <Link class="sw-ell" title={version.by} onPress={() => compare(view, version.n)}>
                  <bdi>{shown(version.by)}</bdi>
                </Link>
              ) : (
                <span class="sw-ell" title={version.by} dir="auto">
                  {shown(version.by)}
                </span>
              )}
              {GAP}
              {versions.length > 1 && version.n === current.n && <span class="sw-faint">current</span>}
              {version.n === body.proposal && isProposed(view, row) && <span class="sw-c-accent">new</span>}
              <time>{clock(version.created)}</time>
            </li>
          ))}
        </ol>
      </Section>
    </>
  );
});
