// anywidget's front-end module is published for an AMD loader: this takes it in without one.
import * as base from "@jupyter-widgets/base";

export const anywidget = {};

globalThis.define = (_names, factory) => Object.assign(anywidget, factory(base));
