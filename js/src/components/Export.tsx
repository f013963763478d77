import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { refusal, send } from "../actions";
import { copyText } from "../clip";
import type { Export as ExportArgs } from "../commands.gen";
import { iconOf } from "../icons";
import { total } from "../rows";
import type { View } from "../view";
import { count, some } from "../words";
import { Link, Press } from "./bits";
import { Name } from "./Labelled";
import { Sheet } from "./Popover";
import { Foot } from "./Settings";

const FORMATS: Readonly<Record<string, string>> = {
  jsonl: "One conversation a line, as fine-tuning takes it.",
  csv: "A table, one column a field.",
  parquet: "A table whose columns have types.",
};
type Which = NonNullable<ExportArgs["status"]>;

/** Writes a file beside the notebook. */
export function Export({ view }: { view: View }): JSX.Element {
  const [path, setPath] = useState(() => `${slug(view.replica.task.value?.name ?? "")}.jsonl`);
  const [which, setWhich] = useState<Which>("kept");
  const [wrong, setWrong] = useState("");
  const [written, setWritten] = useState("");
  const [asked, setAsked] = useState("");
  const root = view.nodes.value[0];
  const totals = root && view.totals.value.get(root.id);
  const counts: Record<Which, number> = {
    kept: totals?.kept ?? 0,
    draft: totals?.draft ?? 0,
    all: totals ? total(totals) : 0,
  };
  const ending = /\.(jsonl|csv|parquet)$/.exec(path)?.[1];
  const off =
    refusal(view) ??
    (ending === undefined ? "End the name with .jsonl, .csv or .parquet" : null) ??
    (/[/\\]/.test(path) ? "The file goes beside the notebook: a name without a folder" : null) ??
    (counts[which] === 0 ? `There are no ${which === "all" ? "" : `${which} `}samples` : null);
  const write = async () => {
    if (off) {
      setWrong(off);
      return;
    }
    setWritten("");
    const answer = await send(view, "export", { path, status: which, replace: asked === path }, (said) => {
      setWrong(said);
      if (said.includes("already")) setAsked(path);
    });
    if (answer) setWritten(String(answer.ok));
  };
  const pick = (format: string) => {
    setPath(`${path.replace(/\.(jsonl|csv|parquet)$/, "")}.${format}`);
    setWrong("");
  };
  return (
    <Sheet view={view} label="Export" class="sw-plan" onEnter={() => void write()}>
      <div class="sw-plan-row" role="group" aria-label="Samples">
        {(["kept", "draft", "all"] as const).map((each) => (
          <Pick on={which === each} onPress={() => setWhich(each)}>
            {`${{ kept: "Kept", draft: "Draft", all: "All" }[each]} ${count(counts[each])}`}
          </Pick>
        ))}
      </div>
      <Name
        label="File, beside the notebook"
        maxLength={200}
        value={path}
        wrong={wrong}
        onText={(text) => {
          setPath(text);
          setWrong("");
          setWritten("");
        }}
      />
      <div class="sw-plan-row" role="group" aria-label="Format">
        {Object.keys(FORMATS).map((format) => (
          <Pick on={ending === format} onPress={() => pick(format)}>
            {format}
          </Pick>
        ))}
        <span class="sw-small sw-muted">{FORMATS[ending ?? ""] ?? ""}</span>
      </div>
      {written && (
        <div class="sw-note" role="status">
          {iconOf("check", 16, "sw-c-kept")}
          <div>
            Wrote {some(counts[which], "sample")} to <code class="sw-mono">{written}</code>{" "}
            <Link onPress={() => copyText(view, written, "its name")}>Copy</Link>
          </div>
        </div>
      )}
      <Foot view={view} word={`Export ${count(counts[which])}`} off={off} onPress={() => void write()} />
    </Sheet>
  );
}

function Pick(props: { on: boolean; onPress: () => void; children: string }): JSX.Element {
  return (
    <Press class="sw-btn sw-btn--sm" aria-pressed={props.on} onPress={props.onPress}>
      {props.children}
    </Press>
  );
}

/** "Household advice" → "household-advice". */
function slug(name: string): string {
  return (
    name
      .normalize("NFC")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 80) || "samples"
  );
}
