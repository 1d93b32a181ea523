// Before the first paint: the theme that was chosen here before. Without one the system's holds.
try {
  const theme = localStorage.getItem('tempo.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.style.colorScheme = theme;
} catch {
  // a browser that keeps nothing shows the system's theme
}
