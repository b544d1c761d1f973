import type { ReactNode } from 'react'
import { Tabs as AriaTabs, Tab, TabList, TabPanel } from 'react-aria-components'
import { CountBadge } from './count-badge.tsx'

interface TabsProps {
  readonly label: string
  readonly tabs: ReadonlyArray<{
    readonly id: string
    readonly title: string
    /** How many wait there, and in words. */
    readonly count: number
    readonly countWords: string
  }>
  readonly selected: string
  readonly onSelect: (id: string) => void
  /** Of the selected tab. */
  readonly children: ReactNode
}

/** Tabs over a panel that scrolls. The arrows go from tab to tab. */
export function Tabs({ label, tabs, selected, onSelect, children }: TabsProps) {
  return (
    <AriaTabs className="tabs" selectedKey={selected} onSelectionChange={(key) => onSelect(String(key))}>
      <TabList className="tab-list" aria-label={label}>
        {tabs.map(({ id, title, count, countWords }) => (
          <Tab key={id} id={id} className="tab">
            {title}
            {count > 0 && ' '}
            <CountBadge count={count} words={countWords} />
          </Tab>
        ))}
      </TabList>
      <TabPanel key={selected} id={selected} className="tab-panel">
        {children}
      </TabPanel>
    </AriaTabs>
  )
}
