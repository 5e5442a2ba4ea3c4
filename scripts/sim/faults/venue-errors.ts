/** Error answers of the venue's doors, as they read, and whether the call may have been executed all the same (reference sheet 2026-11, sections 11 and 12). */
export type VenueError = { readonly status: number; readonly body: string; readonly mayExecute: boolean };

const json = (status: number, body: { readonly code?: number; readonly msg: string }): VenueError => ({
  status,
  body: JSON.stringify(body),
  mayExecute: false,
});
const html = (status: number, title: string): VenueError => ({
  status,
  body: `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n</body>\r\n</html>\r\n`,
  mayExecute: true,
});
const unknown = (error: VenueError): VenueError => ({ ...error, mayExecute: true });

export const VENUE_ERRORS = {
  'rate-limited': json(429, {
    code: -1003,
    msg: 'Too many requests; current limit is 2400 requests per minute. Please use the websocket for live updates to avoid polling the API.',
  }),
  'too-many-orders': json(429, { code: -1015, msg: 'Too many new orders; current limit is 300 orders per TEN_SECONDS.' }),
  overloaded: json(503, {
    code: -1008,
    msg: 'Request throttled by system-level protection. Reduce-only/close-position orders are exempt. Please try again.',
  }),
  'unknown-error': unknown(json(503, { msg: 'Unknown error, please check your request or try again later.' })),
  unavailable: json(503, { msg: 'Service Unavailable.' }),
  'internal-error': unknown(json(503, { code: -1001, msg: 'Internal error; unable to process your request. Please try again.' })),
  'occur-unknown-error': unknown(json(503, { msg: 'Request occur unknown error.' })),
  'backend-timeout': unknown(
    json(408, { code: -1007, msg: 'Timeout waiting for response from backend server. Send status unknown; execution status unknown.' }),
  ),
  'shutting-down': json(503, { code: -1016, msg: 'This service is no longer available.' }),
  forbidden: { ...html(403, 'Forbidden'), mayExecute: false },
  'bad-gateway': html(502, 'Bad Gateway'),
  'gateway-timeout': html(504, 'Gateway Time-out'),
} as const satisfies Readonly<Record<string, VenueError>>;

export type VenueErrorName = keyof typeof VENUE_ERRORS;
export const VENUE_ERROR_NAMES = Object.keys(VENUE_ERRORS) as [VenueErrorName, ...VenueErrorName[]];
