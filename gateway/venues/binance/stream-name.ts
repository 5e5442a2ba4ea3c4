/** Name of the stream in a message of a combined connection, `{"stream":"<name>","data":...`, without parsing it; '' of any other message. */
const HEAD = '{"stream":"';

export function streamName(text: string): string {
  if (!text.startsWith(HEAD)) return '';
  const end = text.indexOf('"', HEAD.length);
  return end < 0 ? '' : text.slice(HEAD.length, end);
}
