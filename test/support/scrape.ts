/** One line of the Prometheus text form. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export type Scrape = Awaited<ReturnType<typeof scrape>>;

/** Reads the metrics of a server, as Prometheus does. @throws when the answer is none or a line is not of the text form. */
export async function scrape(metricsPort: string) {
  const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`/metrics: HTTP ${response.status} ${text}`);
  const samples = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(sampleOf);
  return {
    contentType: response.headers.get('content-type'),
    text,
    samples,
    /** The value of the one sample with this name and these labels; undefined without one. */
    value: (name: string, labels: Record<string, string> = {}): number | undefined =>
      samples.find(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
      )?.value,
    /** All values that a label has, each once. */
    labelValues: (name: string, label: string): string[] => [
      ...new Set(samples.filter((sample) => sample.name === name).map(({ labels }) => labels[label] ?? '')),
    ],
  };
}

function sampleOf(line: string): Sample {
  const [, name, labels = '', value] = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`not the text form: ${line}`);
  return {
    name,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text])),
    value: Number(value),
  };
}
