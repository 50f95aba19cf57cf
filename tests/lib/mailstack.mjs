/* mailstack.mjs: an installation of its own that sends mail, for suites whose rules differ when it does. */
import { env } from './client.mjs';
import { startMailbox } from './mailbox.mjs';
import { startStack, stopStack, tails } from './stack.mjs';

/* Starts both, with the validating proxy unless proxy is false, and points the suite's calls at them: {box, stack, stop}. Mail is tried 3 times, 20 ms apart at first. */
export async function startMailStack(options = {}) {
  const box = await startMailbox(options);
  const extra = { MILLRACE_SMTP_URL: box.url, MILLRACE_MAIL_RETRY_MS: '20', MILLRACE_MAIL_TRIES: '3', ...options.extra };
  const stack = await startStack({ variant: env.variant, extra, proxy: options.proxy });
  env.direct = stack.url;
  env.proxy = stack.proxy;
  env.dsn = stack.dsn;
  env.var = stack.var;
  return {
    box,
    stack,
    tails: () => tails(stack),
    stop: async () => {
      await stopStack(stack);
      await box.stop();
    },
  };
}
