; Of the uninstaller for Windows. What is the person's stays, unless they say otherwise. An update asks nothing, and neither
; does a removal by somebody else's program (/S).
!macro customUnInstall
  ${IfNot} ${isUpdated}
    ; The app registers its links itself, for the person who runs it.
    DeleteRegKey HKCU "Software\Classes\jetway"
    ${GetParameters} $R0
    ClearErrors
    ${GetOptions} $R0 "/S" $R1
    ${If} ${Errors}
      ; A one-click installer is silent by itself: with /SD this would never be seen.
      MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "Remove your addresses, settings and logs of Jetway as well?" IDNO jetwayKeep
      RMDir /r "$APPDATA\Jetway"
      RMDir /r "$LOCALAPPDATA\Jetway"
      jetwayKeep:
    ${EndIf}
  ${EndIf}
!macroend
