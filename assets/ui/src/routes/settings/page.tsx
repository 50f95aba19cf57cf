export function SettingsPage({ section }: { section: string }) {
  return section;
}
