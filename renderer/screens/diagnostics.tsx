import { Check, CircleCheck, CircleX, Copy, LoaderCircle, RotateCw, TriangleAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from '../components/button.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { Unavailable } from '../components/unavailable.tsx'
import { FindingRow } from '../diagnostics/finding-row.tsx'
import { allChecks, type Summary, summaryOf } from '../diagnostics/findings.ts'
import { useDiagnosis } from '../diagnostics/use-diagnosis.ts'
import type { ScreenProps } from './screens.ts'

/** What keeps it from working, and what to do about it. */
export function Diagnostics({ environment, desktop, ask }: ScreenProps) {
  const canLook = desktop.engine === 'running'
  const { findings, isRunning, problem, lookAgain } = useDiagnosis(environment.name, canLook)
  if (!canLook) {
    return <Unavailable environment={environment} isEngineRunning={false} what="what is in the way" />
  }
  if (problem !== null) {
    return (
      <EmptyState
        icon={TriangleAlert}
        title={problem.title}
        action={<Button onPress={lookAgain}>Look again</Button>}
      >
        {problem.detail} {problem.action}
      </EmptyState>
    )
  }
  return (
    <div className="diagnostics">
      <header className="diagnostics-head">
        <Verdict summary={summaryOf(findings, isRunning)} />
        <CopyReport
          isDisabled={isRunning}
          onCopy={() => ask('copyReport', { environment: environment.name })}
        />
        <Button isDisabled={isRunning} onPress={lookAgain}>
          <RotateCw size={14} aria-hidden="true" />
          Look again
        </Button>
      </header>
      <ul className="findings">
        {allChecks.map((check) => (
          <FindingRow key={check} check={check} finding={findings[check] ?? null} />
        ))}
      </ul>
    </div>
  )
}

const icons = { busy: LoaderCircle, ok: CircleCheck, warning: TriangleAlert, failed: CircleX } as const

function Verdict({ summary: { tone, words, done } }: { readonly summary: Summary }) {
  const Icon = icons[tone]
  return (
    <div className={`verdict ${tone}`}>
      <Icon className={tone === 'busy' ? 'spin' : ''} size={20} aria-hidden="true" />
      <div role="status">
        <h2>{words}</h2>
      </div>
      {tone === 'busy' && (
        <progress className="progress-bar" aria-label="Steps looked at" value={done} max={allChecks.length} />
      )}
    </div>
  )
}

const copiedMs = 2_000

interface CopyReportProps {
  readonly isDisabled: boolean
  readonly onCopy: () => Promise<{ readonly ok: boolean }>
}

/** The words on the button change too: a report that is gone to the clipboard leaves no trace elsewhere. */
function CopyReport({ isDisabled, onCopy }: CopyReportProps) {
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setCopied(false), copiedMs)
    return () => clearTimeout(timer)
  }, [isCopied])
  return (
    <>
      <Button isDisabled={isDisabled} onPress={() => void onCopy().then(({ ok }) => setCopied(ok))}>
        {isCopied ? <Check size={14} aria-hidden="true" /> : <Copy size={14} aria-hidden="true" />}
        {isCopied ? 'Copied' : 'Copy report'}
      </Button>
      <span role="status" className="visually-hidden">
        {isCopied ? 'The report is on the clipboard' : ''}
      </span>
    </>
  )
}
