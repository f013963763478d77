"""Ten valid outputs from an endpoint, with correction, without a studio: ``python attempts_alone.py URL KEY``."""

import asyncio
import sys

import synth_widgets as sw
from synth_widgets.generation.attempts import answer_to
from synth_widgets.generation.outputs import OutputQuestion
from synth_widgets.llm.connect import completer_for

TONES = {"type": "object", "properties": {"tone": {"enum": ["kind", "curt"]}}, "required": ["tone"]}
TASK = sw.Task("Tone", "Name the tone of the message.", output_schema=TONES)


async def main(url: str, key: str) -> None:
    completer = completer_for(sw.Model("openai/any", api_base=url, api_key=key))
    questions = [OutputQuestion(TASK, f"Message number {n}.") for n in range(10)]
    for outcome in await asyncio.gather(*(answer_to(question, completer) for question in questions)):
        print(outcome.value)  # noqa: T201 - it is a script
    await completer.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
