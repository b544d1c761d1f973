import { FolderOpen } from 'lucide-react'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import { Button } from '../components/button.tsx'
import { Card } from '../components/card.tsx'
import { ProblemMessage } from '../components/message.tsx'
import { Row } from '../components/row.tsx'
import { Select } from '../components/select.tsx'
import { Switch } from '../components/switch.tsx'
import { EnvironmentSettings } from '../settings/environment-settings.tsx'
import { ProxySetting } from '../settings/proxy-setting.tsx'
import { Updates } from '../settings/updates.tsx'
import { useHeadingFocus } from '../shell/use-heading-focus.ts'
import { useAsk } from '../use-desktop.ts'

const themes = [
  { id: 'system', label: 'As this computer' },
  { id: 'light', label: 'Light' },
  { id: 'dark', label: 'Dark' },
] as const

/** What holds for the whole app, and how each environment is kept. */
export function Settings({ desktop }: { readonly desktop: DesktopState }) {
  const { ask, failure } = useAsk()
  const heading = useHeadingFocus()
  const { settings, settingsProblem, environments, about, update } = desktop
  const set = (change: Partial<DesktopState['settings']>): void => void ask('setSettings', change)
  const updates = (
    <Updates
      update={update}
      version={about.version}
      isOn={settings.updates}
      onChange={(updates) => set({ updates })}
      onInstall={() => void ask('installUpdate', {})}
    />
  )
  return (
    <main className="content">
      <div className="page">
        <h1 ref={heading} tabIndex={-1}>
          Settings
        </h1>
        {failure !== null && <ProblemMessage problem={failure} />}
        {settingsProblem !== null && <ProblemMessage problem={settingsProblem} />}
        {update.kind === 'ready' && updates}
        <Card title="General">
          <div className="setting">
            <Switch
              label="Start at login"
              detail="Jetway waits in the tray until you need it."
              isSelected={settings.startAtLogin}
              onChange={(startAtLogin) => set({ startAtLogin })}
            />
          </div>
          <div className="setting">
            <Switch
              label="Notifications"
              detail="When a sign-in ends, a connection stays lost, or somebody asks for access."
              isSelected={settings.notifications}
              onChange={(notifications) => set({ notifications })}
            />
          </div>
          <div className="setting">
            <Select
              label="Appearance"
              value={settings.theme}
              options={themes}
              onChange={(theme) => set({ theme })}
            />
          </div>
        </Card>
        {environments.length > 0 && (
          <Card title="Environments">
            <ul className="plain-list">
              {environments.map((environment) => (
                <EnvironmentSettings key={environment.name} environment={environment} ask={ask} />
              ))}
            </ul>
          </Card>
        )}
        <Card title="Network">
          <ProxySetting proxy={settings.proxy} onChange={(proxy) => set({ proxy })} />
        </Card>
        {update.kind !== 'ready' && updates}
        <Card title="On this computer">
          <ul className="plain-list">
            <Folder
              title="Data"
              path={about.dataFolder}
              onOpen={() => void ask('openFolder', { folder: 'data' })}
            />
            <Folder
              title="Logs"
              path={about.logFolder}
              onOpen={() => void ask('openFolder', { folder: 'logs' })}
            />
          </ul>
        </Card>
        <p className="footnote selectable">
          Jetway {about.version} · Electron {about.electron}
        </p>
      </div>
    </main>
  )
}

interface FolderProps {
  readonly title: string
  readonly path: string
  readonly onOpen: () => void
}

function Folder({ title, path, onOpen }: FolderProps) {
  return (
    <Row title={title} detail={<span className="selectable">{path}</span>}>
      <Button size="small" aria-label={`Open the folder of ${title.toLowerCase()}`} onPress={onOpen}>
        <FolderOpen size={14} aria-hidden="true" />
        Open
      </Button>
    </Row>
  )
}
