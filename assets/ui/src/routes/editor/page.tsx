export function EditorPage({ id }: { id: string }) {
  return id;
}
