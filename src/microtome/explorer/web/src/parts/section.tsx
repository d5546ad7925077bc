// SPDX-License-Identifier: Apache-2.0
// What pages are divided into: the title on top, then blocks with a heading each.
import type { ComponentChildren } from "preact";
import "./section.css";

export const Title = ({ children }: { children: ComponentChildren }) => <section class="title">{children}</section>;

// `aside`: at the right end of the heading's line.
export function Block({ title, aside, children }: { title: ComponentChildren; aside?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="block">
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
