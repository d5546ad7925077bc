// SPDX-License-Identifier: Apache-2.0
// A row of a few pictures with a line or two below each, and the link onward to all of them.
import type { ComponentChildren } from "preact";
import "./strip.css";

export const Strip = ({ children }: { children: ComponentChildren }) => <ul class="strip">{children}</ul>;
