import { Button } from './button.tsx'

/** Under a list of which only the first are shown; nothing where none is left. */
export function ShowMore({ left, onPress }: { readonly left: number; readonly onPress: () => void }) {
  if (left <= 0) return null
  return (
    <div className="show-more">
      <Button kind="quiet" size="small" onPress={onPress}>
        Show {left} more
      </Button>
    </div>
  )
}
