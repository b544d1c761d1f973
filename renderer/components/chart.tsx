import { useEffect, useRef } from 'react'
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

const [width, height, inset] = [300, 48, 3]
const stepX = width / (trafficSamples - 1)

/** Lines over a minute that move on as time does; they stand still for people who want that. */
export function Chart({ label, lines, atLeast }: ChartProps) {
  const moving = useRef<SVGSVGElement>(null)
  const top = Math.max(atLeast, ...lines.flatMap(({ points }) => points.map((value) => value ?? 0)))
  const newest = lines[0]?.points
  /** Nobody would see it move. */
  const isFlat = lines.every(({ points }) => new Set(points).size === 1 && points.length === trafficSamples)

  // biome-ignore lint/correctness/useExhaustiveDependencies: with each new point it moves on
  useEffect(() => {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches || isFlat) return
    // Sixty pictures a second take more than all the rest of the app: only for someone who is there.
    if (!document.hasFocus()) return
    // The whole picture, so that the graphics card moves it and nothing is drawn anew in between.
    const from = [{ transform: `translateX(${(100 * stepX) / width}%)` }, { transform: 'none' }]
    const animation = moving.current?.animate(from, { duration: 1000, easing: 'linear' })
    return () => animation?.cancel()
  }, [newest?.length, newest?.at(-1)])

  return (
    <div className="chart" role="img" aria-label={label}>
      <svg ref={moving} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {lines.map(({ tone, points }) =>
          runsOf(points, top).map((run) => (
            <g key={`${tone} ${run[0]?.[0]}`} className={`chart-line ${tone}`}>
              <path className="area" d={`${curve(run)}V${height}H${run[0]?.[0]}Z`} />
              <path className="line" d={curve(run)} />
            </g>
          )),
        )}
      </svg>
    </div>
  )
}

type Point = readonly [x: number, y: number]

/** The newest point is at the right; a gap ends a run. */
function runsOf(points: readonly (number | null)[], top: number): Point[][] {
  const runs: Point[][] = [[]]
  for (const [index, value] of points.entries()) {
    const x = width - (points.length - 1 - index) * stepX
    if (value === null) runs.push([])
    else runs.at(-1)?.push([x, height - inset - (value / top) * (height - 2 * inset)])
  }
  return runs.filter((run) => run.length > 1)
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
