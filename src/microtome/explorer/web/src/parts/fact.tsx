// SPDX-License-Identifier: Apache-2.0
// Facts: a term above its value, in a row.
import type { ComponentChildren } from "preact";
import "./fact.css";

export const Facts = ({ children }: { children: ComponentChildren }) => <dl class="facts">{children}</dl>;

export function Fact({ name, children }: { name: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
