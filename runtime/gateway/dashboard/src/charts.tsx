import { useId } from "preact/hooks";

export interface Series {
  name: string;
  /** One a second; NaN where nothing is known. */
  values: number[];
}

interface Props {
  title: string;
  series: Series[];
  format: (n: number) => string;
  seconds: number;
}

const width = 600;
const height = 160;

/** Lines over the last seconds. What it shows is also told as text. */
export function Chart({ title, series, format, seconds }: Props) {
  const id = useId();
  const top = niceTop(Math.max(1, ...series.flatMap((s) => s.values.filter(known))));
  const last = (s: Series) => (known(s.values.at(-1) ?? NaN) ? format(s.values.at(-1)!) : "–");
  const summary = series.map((s) => `${s.name} ${last(s)} now, at most ${format(Math.max(0, ...s.values.filter(known)))}`).join("; ");
  return (
    <figure class="chart">
      <figcaption id={id}>
        {title}
        <span class="legend">
          {series.map((s, i) => (
            <span>
              <svg width="22" height="8" aria-hidden="true">
                <line class={`line line-${i}`} x1="1" x2="21" y1="4" y2="4" />
              </svg>
              {s.name} <strong>{last(s)}</strong>
            </span>
          ))}
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={`${title}: ${summary}`}>
        {[0.25, 0.5, 0.75, 1].map((part) => (
          <line class="grid" x1="0" x2={width} y1={y(part)} y2={y(part)} />
        ))}
        {series.map((s, i) => (
          <path class={`line line-${i}`} d={path(s.values, seconds, top)} />
        ))}
      </svg>
      <div class="axis" aria-hidden="true">
        <span>{seconds} s ago</span>
        <span>upper line {format(top)}</span>
        <span>now</span>
      </div>
    </figure>
  );
}

const y = (part: number) => height - part * (height - 8);

const known = (n: number) => !Number.isNaN(n);

/** A line through the values that are known; one between two that are not is a dot. */
function path(values: number[], seconds: number, top: number): string {
  const step = width / (seconds - 1);
  const first = width - (values.length - 1) * step;
  return values
    .map((v, i) => {
      if (!known(v)) return "";
      const at = `${(first + i * step).toFixed(1)},${y(v / top).toFixed(1)}`;
      return i > 0 && known(values[i - 1]!) ? `L${at}` : `M${at}h0`;
    })
    .join("");
}

/** The least of 1, 2 and 5 times a power of ten that is not below n. */
function niceTop(n: number): number {
  const power = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 5, 10].map((m) => m * power).find((m) => m >= n) ?? n;
}
