export function RunPage({ id }: { id: string }) {
  return id;
}
