"""What a picture of the widget would show at a glance, as something to check."""

from __future__ import annotations

from typing import Any, Literal

from tests.browser.widget import StudioView

Theme = Literal["light", "dark"]
READABLE = 4.5
"""Contrast of text that WCAG AA asks for."""

SETTLED = """root => Promise.all(root.getAnimations({ subtree: true })
  .filter(animation => animation instanceof CSSTransition)
  .map(animation => animation.finished.catch(() => null)))"""
"""Waits for colours that are on their way."""

CONTRAST = """root => {
  const numbers = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!text || element.closest('[aria-disabled], .sw-vh') || !element.checkVisibility()) continue;
    const [a, b] = [light(numbers(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < LEAST) faint.push(`${text.slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return { faint, background: light(numbers(getComputedStyle(root).backgroundColor)) };
}""".replace("LEAST", str(READABLE))

OUTSIDE = """root => {
  const box = root.getBoundingClientRect();
  return [...root.querySelectorAll('button, h2, [role=tab], [role=row], dialog, [role=dialog], textarea, input')]
    .filter(element => element.checkVisibility() && !element.closest('.sw-vh'))
    .filter(element => {
      const { left, right } = element.getBoundingClientRect();
      return left < box.left - 1 || right > box.right + 1;
    })
    .map(element => element.outerHTML.slice(0, 120));
}"""

CUT = """root => [...root.querySelectorAll('button:not([aria-haspopup]), [role=tab]')]
  .filter(element => element.checkVisibility({ visibilityProperty: true }) && element.title !== element.innerText)
  .filter(element => [element, ...element.querySelectorAll('span')]
    .some(part => part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).overflowX === 'hidden'))
  .map(element => element.innerText || element.outerHTML.slice(0, 200))"""
"""A button's word is whole, or its tooltip. (One that opens something may be named after what a person called it.)"""
SIDEWAYS = """root => [root, ...root.querySelectorAll('*')]
  .filter(box => /auto|scroll/.test(getComputedStyle(box).overflowX) && box.scrollWidth > box.clientWidth + 1)
  .map(box => `${box.outerHTML.slice(0, 100)}: ${box.scrollWidth} in ${box.clientWidth}`)
  .concat(root.scrollWidth > root.clientWidth + 1 ? ['the widget itself'] : [])"""
"""What can be scrolled sideways: nothing may be wider than its place."""
COVERED = """root => {
  const page = root.getRootNode();
  const seen = (element) => {
    element.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const { left, top, width, height } = element.getBoundingClientRect();
    const hit = page.elementFromPoint(left + width / 2, top + height / 2);
    return hit !== null && (element.contains(hit) || hit.contains(element) || hit.closest('label')?.contains(element));
  };
  const scope = root.querySelector('dialog, [role=dialog]') ?? root;
  return [...scope.querySelectorAll('button, input, select, textarea, [tabindex="0"]')]
    .filter(element => element.checkVisibility({ visibilityProperty: true }))
    .filter(element => !element.closest(".sw-vh") && !seen(element))
    .map(element => element.outerHTML.slice(0, 160));
}"""
"""Controls that cannot be brought into sight, or that something else lies on."""


def check_look(view: StudioView[Any], theme: Theme, name: str) -> None:
    """Check that the widget wears the theme, that all its text can be read, that nothing sticks out of it or is cut."""
    view.root.evaluate(SETTLED)
    seen = view.root.evaluate(CONTRAST)
    assert (seen["background"] < 0.2) == (theme == "dark"), f"{name} does not wear the theme"
    assert not seen["faint"], f"{name}: hard to read"
    assert not (outside := view.root.evaluate(OUTSIDE)), f"{name}: outside of the widget: {outside}"
    assert not (cut := view.root.evaluate(CUT)), f"{name}: cut buttons: {cut}"
