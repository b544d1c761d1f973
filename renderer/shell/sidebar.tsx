import { Plus, Settings } from 'lucide-react'
import { useState } from 'react'
import { ToggleButton } from 'react-aria-components'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import { Badge } from '../components/badge.tsx'
import { SearchField } from '../components/search-field.tsx'
import type { Place } from '../place.ts'
import { waitingCount } from '../waiting-count.ts'
import { EnvironmentList } from './environment-list.tsx'

interface SidebarProps {
  readonly desktop: DesktopState
  readonly place: Place
  readonly onGo: (place: Place) => void
}

/** As many as are seen at once in the smallest window. */
const searchableFrom = 7

/** Every environment and its state, and the way to everything else. */
export function Sidebar({ desktop, place, onGo }: SidebarProps) {
  const { environments, engine, update } = desktop
  const [search, setSearch] = useState('')
  const wanted = search.trim().toLowerCase()
  const matching = environments.filter(({ name }) => name.toLowerCase().includes(wanted))
  return (
    <nav className="sidebar" aria-label="Environments and settings">
      {environments.length >= searchableFrom && (
        <SearchField label="Find an environment" value={search} onChange={setSearch} />
      )}
      <EnvironmentList
        environments={environments.length >= searchableFrom ? matching : environments}
        engine={engine}
        waitingIn={(name) => waitingCount(desktop, name)}
        isSearched={wanted !== ''}
        shown={place.kind === 'environment' ? place.name : null}
        onChoose={(name) => onGo({ kind: 'environment', name })}
      />
      <div className="sidebar-foot">
        <ToggleButton
          className="sidebar-button"
          isSelected={place.kind === 'add'}
          onPress={() => onGo({ kind: 'add' })}
        >
          <Plus size={16} aria-hidden="true" />
          Add environment
        </ToggleButton>
        <ToggleButton
          className="sidebar-button"
          isSelected={place.kind === 'settings'}
          onPress={() => onGo({ kind: 'settings' })}
          aria-keyshortcuts="Control+, Meta+,"
        >
          <Settings size={16} aria-hidden="true" />
          Settings
          {update.kind === 'ready' && <Badge tone="ok">Update</Badge>}
        </ToggleButton>
      </div>
    </nav>
  )
}
