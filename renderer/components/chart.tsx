import { trafficSamples } from '../use-traffic.ts'

interface ChartProps {
  /** What it shows, in words. */
  readonly label: string
  /** One point a second, oldest first; null for a gap. */
  readonly lines: ReadonlyArray<{
    readonly tone: 'first' | 'second'
    readonly points: readonly (number | null)[]
  }>
  /** The top of the scale where all is smaller. */
  readonly atLeast: number
}

const stepX = 5
const [width, height, inset] = [stepX * (trafficSamples - 1), 48, 3]

/**
 * Lines over a minute, drawn once for each new point. They do not glide in between: without a graphics card each picture
 * that moves takes more than all the rest of the app.
 */
export function Chart({ label, lines, atLeast }: ChartProps) {
  const top = scaleFor(Math.max(atLeast, ...lines.flatMap(({ points }) => points.map((value) => value ?? 0))))
  return (
    <div className="chart" role="img" aria-label={label}>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {lines.map(({ tone, points }) => {
          const runs = runsOf(points, top)
          return (
            <g key={tone} className={`chart-line ${tone}`}>
              <path
                className="area"
                d={runs.map((run) => `${curve(run)}V${height}H${run[0]?.[0]}Z`).join('')}
              />
              <path className="line" d={runs.map(curve).join('')} />
            </g>
          )
        })}
      </svg>
    </div>
  )
}

/** The next of a few round values, so that the scale stays while what is measured moves. */
function scaleFor(most: number): number {
  const decade = 10 ** Math.floor(Math.log10(most))
  return decade * ([1, 1.5, 2, 3, 5, 7].find((step) => step * decade >= most) ?? 10)
}

type Point = readonly [x: number, y: number]

/** The newest point is at the right; a gap ends a run. */
function runsOf(points: readonly (number | null)[], top: number): Point[][] {
  const runs: Point[][] = [[]]
  for (const [index, value] of points.entries()) {
    const x = width - (points.length - 1 - index) * stepX
    if (value === null) runs.push([])
    else runs.at(-1)?.push([x, stepped(height - inset - (value / top) * (height - 2 * inset))])
  }
  return runs.filter((run) => run.length > 1)
}

/** To what is seen: where all is as it was, nothing is drawn anew. */
function stepped(y: number): number {
  return Math.round(2 * y) / 2
}

/** Flat at each point, so that no curve shows more than was measured. */
function curve(run: readonly Point[]): string {
  const [first, ...rest] = run
  let [lastX, lastY] = first ?? [0, 0]
  let path = `M${lastX} ${lastY}`
  for (const [x, y] of rest) {
    const middle = (lastX + x) / 2
    path += `C${middle} ${lastY} ${middle} ${y} ${x} ${y}`
    ;[lastX, lastY] = [x, y]
  }
  return path
}
