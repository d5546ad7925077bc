// SPDX-License-Identifier: Apache-2.0
// One of a few values. As a radio group it is one stop of the Tab key, and arrow keys move within it.
import { useRef } from "preact/hooks";
import "./choice.css";

export function Choice<T extends string>(props: { label: string; value: T; options: [T, string][]; onChange: (value: T) => void }) {
  const group = useRef<HTMLDivElement>(null);
  const { options } = props;
  const chosen = Math.max(0, options.findIndex(([value]) => value === props.value));
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = (chosen + step + options.length) % options.length;
    const option = options[next];
    if (option) props.onChange(option[0]);
    group.current?.querySelectorAll("button")[next]?.focus();
  };
  return (
    <div class="choice" role="radiogroup" aria-label={props.label} ref={group} onKeyDown={onKeyDown}>
      {options.map(([value, text], index) => (
        <button
          key={value}
          type="button"
          role="radio"
          aria-checked={index === chosen}
          tabIndex={index === chosen ? 0 : -1}
          onClick={() => props.onChange(value)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
