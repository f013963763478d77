// What the build puts for `Math.max` and its like, wherever they stand: a letter or two each. Not for the clock,
// `Date.now`: a page may put another in its place.
export const {
  clearTimeout: $clearTimeout,
  Number: $Number,
  requestAnimationFrame: $requestAnimationFrame,
  setTimeout: $setTimeout,
  String: $String,
  undefined: $undefined,
} = globalThis;
export const { __proto__: $null } = Object.prototype;
export const { isArray: Array$isArray } = Array;
export const { parse: JSON$parse, stringify: JSON$stringify } = JSON;
export const { floor: Math$floor, max: Math$max, min: Math$min, round: Math$round } = Math;
export const { NEGATIVE_INFINITY: Number$NEGATIVE_INFINITY, parseFloat: Number$parseFloat } = Number;
export const { entries: Object$entries, keys: Object$keys } = Object;
