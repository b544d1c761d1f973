import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/overlays.css'
import './styles/surfaces.css'
import './styles/shell.css'
import './styles/overview.css'
import './styles/bridge.css'
import './styles/activity.css'
import './styles/access.css'
import './styles/requests.css'
import './styles/diagnostics.css'

const root = document.getElementById('root')
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
