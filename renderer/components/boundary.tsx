import { TriangleAlert } from 'lucide-react'
import { Component, type ReactNode } from 'react'
import { Button } from './button.tsx'
import { EmptyState } from './empty-state.tsx'

interface BoundaryProps {
  readonly children: ReactNode
}

/** An error in a part of the window takes that part away, not the window. */
export class Boundary extends Component<BoundaryProps, { readonly failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children
    return (
      <EmptyState
        icon={TriangleAlert}
        title="This could not be shown"
        action={<Button onPress={() => this.setState({ failed: false })}>Show it again</Button>}
      >
        Jetway itself made a mistake here. Your connections go on.
      </EmptyState>
    )
  }
}
