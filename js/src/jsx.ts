// What `<div>` and `<>` become: the build puts these two names into every file that has them.
export { Fragment, h } from "preact";
