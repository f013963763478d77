// A signal's `value` by a name of our own, which the build writes in one letter: see SIGNALS in names.mjs.
import { Signal } from "@preact/signals-core";

Object.defineProperties(Signal.prototype, {
  signalled: {
    get() {
      return this.value;
    },
    set(value) {
      this.value = value;
    },
  },
});
