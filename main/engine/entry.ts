console.log('no engine yet')
