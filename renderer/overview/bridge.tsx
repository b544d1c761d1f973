import type { Phase } from '#shared/ipc/phase.ts'
import { phaseLooks } from '../phase-look.ts'

const dots = [330, 364, 398, 432, 466, 500, 534, 568]

interface BridgeProps {
  readonly phase: Phase
  /** What the bridge leads to: the relay's host. */
  readonly farEnd: string
}

/** The mark of Jetway, alive: a gate, a bridge, and what it docks to. Decoration; the badge has the words. */
export function Bridge({ phase, farEnd }: BridgeProps) {
  const { shape } = phaseLooks[phase]
  return (
    <div className={`bridge ${phase}`} aria-hidden="true">
      <svg viewBox="0 0 632 28" role="presentation">
        <line className="way" x1="14" y1="14" x2="600" y2="14" />
        <rect x="0" y="1" width="6" height="26" rx="3" />
        <rect className="corridor" x="4" y="9" width="300" height="10" rx="2" />
        {shape === 'connected' && <rect className="step" x="303" y="11" width="300" height="6" rx="1" />}
        {(shape === 'connecting' || phase === 'signing-in') && (
          <g className="dots">
            {dots.map((x) => (
              <circle key={x} cx={x} cy="14" r="2.5" />
            ))}
          </g>
        )}
        {shape === 'needs-you' ? (
          <path
            fillRule="evenodd"
            d="M618 1a13 13 0 1 0 0 26a13 13 0 0 0 0-26ZM616.2 7h3.6v8.8h-3.6ZM616.2 18h3.6v3.4h-3.6Z"
          />
        ) : (
          <circle className="ring" cx="618" cy="14" r="10.5" />
        )}
      </svg>
      <div className="bridge-ends">
        <span>This computer</span>
        <span className="ellipsis">{farEnd}</span>
      </div>
    </div>
  )
}
