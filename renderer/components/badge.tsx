import { ShieldAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { type Phase, phaseWords } from '#shared/ipc/phase.ts'
import { phaseLooks } from '../phase-look.ts'

export type Tone = 'ok' | 'busy' | 'wait' | 'danger' | 'idle'

/** A word in the colour of what it says. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return <span className={`badge tone-${tone}`}>{children}</span>
}

/** State as shape, colour and word. */
export function StatusBadge({ phase }: { readonly phase: Phase }) {
  return (
    <Badge tone={phaseLooks[phase].tone}>
      <Glyph phase={phase} />
      {phaseWords[phase]}
    </Badge>
  )
}

export function Glyph({ phase }: { readonly phase: Phase }) {
  const { shape, tone } = phaseLooks[phase]
  return <span aria-hidden="true" className={`glyph ${shape} tone-${tone}`} />
}

/** Nobody is to take production for anything else. */
export function ProductionBadge({ short = false }: { readonly short?: boolean }) {
  return (
    <span className="production-badge">
      {!short && <ShieldAlert size={12} aria-hidden="true" />}
      {short ? <abbr title="Production">PROD</abbr> : 'PRODUCTION'}
    </span>
  )
}
