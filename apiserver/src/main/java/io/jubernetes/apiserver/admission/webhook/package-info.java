/// Admission webhooks at work: the two plugins that call them, the reviews they are sent and what is
/// made of their answers. Start at [io.jubernetes.apiserver.admission.webhook.MutatingWebhooks]; the
/// HTTP side is [io.jubernetes.apiserver.webhook.WebhookClient]'s.
@NullMarked
package io.jubernetes.apiserver.admission.webhook;

import org.jspecify.annotations.NullMarked;
