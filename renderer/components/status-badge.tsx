import { type Phase, phaseWords } from '#shared/ipc/phase.ts'
import { phaseLooks } from '../phase-look.ts'

/** State as shape, colour and word. */
export function StatusBadge({ phase }: { readonly phase: Phase }) {
  return (
    <span className={`badge ${phaseLooks[phase].tone}`}>
      <Glyph phase={phase} />
      {phaseWords[phase]}
    </span>
  )
}

export function Glyph({ phase }: { readonly phase: Phase }) {
  const { shape, tone } = phaseLooks[phase]
  return <span aria-hidden="true" className={`glyph ${shape} ${tone}`} />
}
