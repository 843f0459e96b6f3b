import { useEffect, useState } from "preact/hooks";
import { Chart } from "./charts.tsx";
import { bytesText, duration, number, rough } from "./format.ts";
import { useCall, type Info, type Stats } from "./node.ts";
import { Copy, Failure, Loading, Section, Time } from "./parts.tsx";
import { Latest } from "./transactions.tsx";

const seconds = 120;

export function Overview({ info }: { info?: Info }) {
  const stats = useCall("stats", {}, 1_000);
  const [samples, setSamples] = useState<Stats[]>([]);
  useEffect(() => {
    const now = stats.value;
    if (now) setSamples((was) => [...was, now].slice(-seconds - 1));
  }, [stats.value]);

  const now = samples.at(-1);
  if (!now) return stats.error ? <Failure of={stats.error} /> : <Loading />;
  const steps = samples.slice(1).map((s, i) => step(samples[i]!, s));
  const last = steps.at(-1);
  // What is known of writes stays there to be read until there are others.
  const write = steps.findLast((s) => s.grouped > 0);
  return (
    <>
      <h1 class="visually-hidden">Overview</h1>
      {stats.error && <Failure of={stats.error} />}
      {Object.entries(now.providers ?? {})
        .filter(([, p]) => p.state === "failed")
        .map(([name]) => (
          <p class="failure" role="alert" key={name}>
            <strong>▲ {name}</strong> does not do all that it should: <a href="#/providers">the providers</a> say why.
          </p>
        ))}
      <dl class="tiles">
        <Tile name="Transactions" value={rough(last?.committed ?? 0)} unit="/s" more={`${number(now.committed)} since the start`} />
        <Tile name="Rolled back" value={rough(last?.failed ?? 0)} unit="/s" more={`${number(now.failed)} since the start`} />
        <Tile name="Latency, half within" value={write?.p50 ? duration(write.p50) : "–"} more={write?.p99 ? `99 % within ${duration(write.p99)}` : "nothing was written"} />
        <Tile name="Queue" value={number(now.queued)} more={write ? `${rough(write.grouped)} a group, ${duration(write.sync)} a sync` : "nothing was written"} />
        <Tile name="Log" value={number(info?.sequence ?? 0)} more={`${bytesText(now.disk_bytes)} on disk, ${bytesText(now.disk_free)} free`} />
        <Tile name="Cache" value={last && last.hits >= 0 ? `${(100 * last.hits).toFixed(1)} %` : "–"} unit={last && last.hits >= 0 ? " hits" : ""} more={`${bytesText(now.cache_bytes)}, heap ${bytesText(now.heap_bytes)}`} />
      </dl>
      <div class="charts">
        <Chart
          title="Transactions a second"
          series={[
            { name: "committed", values: steps.map((s) => s.committed) },
            { name: "rolled back", values: steps.map((s) => s.failed) },
          ]}
          format={rough}
          seconds={seconds}
        />
        <Chart
          title="Latency"
          series={[
            { name: "p50", values: steps.map((s) => s.p50) },
            { name: "p99", values: steps.map((s) => s.p99) },
          ]}
          format={duration}
          seconds={seconds}
        />
      </div>
      <Section title="Latest transactions" extra={<a href="#/transactions">all</a>}>
        <Latest last={8} />
      </Section>
      <details class="about">
        <summary>About this node</summary>
        <dl class="facts">
          <dt>Key</dt>
          <dd>
            <code>{info?.host}</code> {info && <Copy text={info.host} what="the node's key" />}
          </dd>
          {info && (
            <>
              <dt>Started</dt>
              <dd>
                <Time of={info.started} exact />
              </dd>
            </>
          )}
          <dt>Version</dt>
          <dd>{info?.version}</dd>
          <dt>Root</dt>
          <dd>
            <code>{info?.root}</code> {info && <Copy text={info.root} what="the root" />}
          </dd>
          {Object.entries(now.rejected ?? {}).map(([reason, n]) => (
            <>
              <dt>Refused, {reason}</dt>
              <dd>{number(n)}</dd>
            </>
          ))}
        </dl>
      </details>
    </>
  );
}

function Tile({ name, value, unit, more }: { name: string; value: string; unit?: string; more: string }) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd>
        <span class="big">
          {value}
          {unit && <small>{unit}</small>}
        </span>
        <span class="more">{more}</span>
      </dd>
    </div>
  );
}

/** What happened between two samples, a second where it is a rate. Times are in microseconds. */
function step(a: Stats, b: Stats) {
  const time = Math.max(1e-3, (Date.parse(b.time) - Date.parse(a.time)) / 1e3);
  const groups = b.groups - a.groups;
  const reads = b.cache_hits - a.cache_hits + b.cache_misses - a.cache_misses;
  return {
    committed: (b.committed - a.committed) / time,
    failed: (b.failed - a.failed) / time,
    p50: quantile(a, b, 0.5),
    p99: quantile(a, b, 0.99),
    grouped: groups ? (b.grouped - a.grouped) / groups : 0,
    sync: groups ? (b.synced_ns - a.synced_ns) / groups / 1e3 : 0,
    hits: reads ? (b.cache_hits - a.cache_hits) / reads : -1,
  };
}

/** The bound, in microseconds, that the part q of what was written between two samples has kept; NaN if nothing was. */
function quantile(a: Stats, b: Stats, q: number): number {
  const before = a.latency ?? [];
  const buckets = (b.latency ?? []).map((bucket, i) => ({ le: bucket.le, count: bucket.count - (before[i]?.count ?? 0) }));
  const all = buckets.at(-1)?.count ?? 0;
  if (all === 0) return NaN;
  const found = buckets.findIndex((bucket) => bucket.count >= q * all);
  const { le, count } = buckets[found]!;
  const [low, lowCount] = found > 0 ? [buckets[found - 1]!.le, buckets[found - 1]!.count] : [0, 0];
  if (le === 0) return low; // beyond the last bound
  return low + ((le - low) * (q * all - lowCount)) / Math.max(1, count - lowCount);
}
