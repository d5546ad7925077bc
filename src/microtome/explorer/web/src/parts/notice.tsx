// SPDX-License-Identifier: Apache-2.0
// What the pages show while, or where, there is nothing.
import type { ComponentChildren } from "preact";
import "./notice.css";

// "h1" where the notice is all that the page has.
export function Notice({ title, heading, children }: { title: string; heading?: "h1" | "h2"; children?: ComponentChildren }) {
  const Heading = heading ?? "h2";
  return (
    <section class="notice" role="status">
      <Heading>{title}</Heading>
      {children}
    </section>
  );
}

export const Waiting = () => (
  <div class="waiting" role="status" aria-label="Loading">
    <i />
    <i />
    <i />
  </div>
);

export function Failed({ error }: { error: Error }) {
  return (
    <Notice title="This part of the atlas could not be read">
      <p>{error.message}.</p>
      <p>If the site was copied, copy the whole folder; otherwise write it again with <code>microtome export --site</code>.</p>
    </Notice>
  );
}
