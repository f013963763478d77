import assert from "node:assert/strict";
import { test } from "node:test";
import { choose, type Surroundings } from "../src/theme";

const bare: Surroundings = {
  trait: "auto",
  vscode: null,
  jupyterLight: null,
  colab: null,
  generic: null,
  luminance: null,
  systemDark: false,
  moreContrast: false,
};

test("the surest sign wins", () => {
  assert.equal(choose({ ...bare, trait: "light", vscode: "vscode-dark" }), "light");
  assert.equal(choose({ ...bare, trait: "contrast", jupyterLight: "true" }), "contrast");
  assert.equal(choose({ ...bare, vscode: "vscode-dark", jupyterLight: "true", luminance: 1 }), "dark");
  assert.equal(choose({ ...bare, vscode: "vscode-high-contrast-light" }), "contrast-light");
  assert.equal(choose({ ...bare, jupyterLight: "false", luminance: 1 }), "dark");
  assert.equal(choose({ ...bare, luminance: 0.05 }), "dark");
  assert.equal(choose({ ...bare, luminance: 1, systemDark: true }), "light");
  assert.equal(choose({ ...bare, systemDark: true }), "dark");
});

test("a wish for more contrast is kept in either theme", () => {
  assert.equal(choose({ ...bare, jupyterLight: "false", moreContrast: true }), "contrast");
  assert.equal(choose({ ...bare, moreContrast: true }), "contrast-light");
});
