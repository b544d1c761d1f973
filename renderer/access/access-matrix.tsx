import { Check, ChevronRight, Contrast, Minus } from 'lucide-react'
import { Fragment, useMemo, useState } from 'react'
import { Button } from 'react-aria-components'
import type { VerbGroup } from '#shared/airflow/verb-words.ts'
import { scopeWords } from '#shared/ipc/access-request-words.ts'
import { countWords, grantWords, groupTitles, scopeLines, termsOf } from './access-words.ts'
import { type Mark, matrixOf, type Scope, scopesOf, type VerbRow } from './matrix.ts'
import type { Forbid, Grant } from './may-i.ts'

/** More columns than that nobody reads. */
const mostScopes = 12

interface AccessMatrixProps {
  readonly grants: readonly Grant[]
  readonly forbids: readonly Forbid[]
  readonly contact: string
}

/** What may be done on which DAGs; a row opens and says why. */
export function AccessMatrix({ grants, forbids, contact }: AccessMatrixProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set<VerbGroup>(['run']))
  const toggle = (key: string): void => {
    const next = new Set(open)
    if (!next.delete(key)) next.add(key)
    setOpen(next)
  }
  const { scopes, groups, left } = useMemo(() => {
    const all = scopesOf(grants)
    const shown = all.slice(0, mostScopes)
    return {
      scopes: shown,
      groups: matrixOf({ grants, forbids, scopes: shown }),
      left: all.length - shown.length,
    }
  }, [grants, forbids])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, by keyboard too
    <section className="card access-matrix" aria-label="What you may do, by DAGs" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">What</span>
              <span className="legend" aria-hidden="true">
                {(['yes', 'partly', 'no'] as const).map((mark) => (
                  <span key={mark}>
                    <MarkIcon mark={mark} /> {markWords[mark]}
                  </span>
                ))}
              </span>
            </th>
            {scopes.map((scope) => (
              <th key={scope.key} scope="col">
                {scopeLines(scope).map((line) => (
                  <div key={line} className="ellipsis">
                    {line}
                  </div>
                ))}
              </th>
            ))}
          </tr>
        </thead>
        {groups.map(({ group, rows }) => (
          <tbody key={group}>
            <tr className="group-row">
              <th scope="rowgroup">
                <RowButton
                  words={groupTitles[group]}
                  isOpen={open.has(group)}
                  onPress={() => toggle(group)}
                />
              </th>
              {scopes.map((scope, i) => (
                <td key={scope.key} className={countWords(rows, i) === 'None' ? 'none' : 'some'}>
                  {countWords(rows, i)}
                </td>
              ))}
            </tr>
            {open.has(group) &&
              rows.map((row) => (
                <Fragment key={row.verb}>
                  <Row row={row} scopes={scopes} isOpen={open.has(row.verb)} onToggle={toggle} />
                  {open.has(row.verb) && <Why row={row} columns={scopes.length + 1} contact={contact} />}
                </Fragment>
              ))}
          </tbody>
        ))}
      </table>
      {left > 0 && <p className="card-empty">And {left} more sets of DAGs: ask above for one of them.</p>}
    </section>
  )
}

interface RowProps {
  readonly row: VerbRow
  readonly scopes: readonly Scope[]
  readonly isOpen: boolean
  readonly onToggle: (verb: string) => void
}

function Row({ row, scopes, isOpen, onToggle }: RowProps) {
  return (
    <tr className="verb-row">
      <th scope="row">
        <RowButton words={row.words} isOpen={isOpen} onPress={() => onToggle(row.verb)} />
      </th>
      {scopes.map((scope, i) => (
        <td key={scope.key}>
          <MarkIcon mark={row.marks[i] ?? 'no'} />
          <span className="visually-hidden">{markWords[row.marks[i] ?? 'no']}</span>
        </td>
      ))}
    </tr>
  )
}

interface RowButtonProps {
  readonly words: string
  readonly isOpen: boolean
  readonly onPress: () => void
}

function RowButton({ words, isOpen, onPress }: RowButtonProps) {
  return (
    <Button className="row-button" aria-expanded={isOpen} onPress={onPress}>
      <ChevronRight size={14} aria-hidden="true" />
      {words}
    </Button>
  )
}

const icons = { yes: Check, partly: Contrast, no: Minus } as const
const markWords: Readonly<Record<Mark, string>> = { yes: 'Yes', partly: 'Not always', no: 'No' }

function MarkIcon({ mark }: { readonly mark: Mark }) {
  const Icon = icons[mark]
  return <Icon className={`mark ${mark}`} size={15} strokeWidth={2.25} aria-hidden="true" />
}

interface WhyProps {
  readonly row: VerbRow
  readonly columns: number
  readonly contact: string
}

function Why({ row: { verb, grants, forbids }, columns, contact }: WhyProps) {
  return (
    <tr className="why-row">
      <td colSpan={columns} className="selectable">
        {grants.map((grant) => (
          <Reason key={grant.policy} words={grantWords(grant)} terms={termsOf(grant)} policy={grant.policy} />
        ))}
        {forbids.map((rule) => (
          <Reason
            key={rule.policy}
            words={`Forbidden on ${scopeWords(rule)}: ${rule.reason}`}
            terms={termsOf(rule)}
            policy={rule.policy}
          />
        ))}
        {grants.length === 0 && (
          <p>
            Nothing lets you do this (<code>{verb}</code>). {contact}
          </p>
        )}
      </td>
    </tr>
  )
}

interface ReasonProps {
  readonly words: string
  readonly terms: readonly string[]
  readonly policy: string
}

export function Reason({ words, terms, policy }: ReasonProps) {
  return (
    <div className="reason">
      <p>{words}</p>
      {terms.length > 0 && <p className="terms">{terms.join('; ')}</p>}
      <code>{policy}</code>
    </div>
  )
}
