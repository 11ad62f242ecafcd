package io.jubernetes.apiserver.admission.webhook;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.match.CompiledObjects;
import io.jubernetes.apiserver.admission.match.Conditions;
import io.jubernetes.apiserver.admission.match.Inputs;
import io.jubernetes.apiserver.admission.match.Matching;
import io.jubernetes.apiserver.admission.match.Requests;
import io.jubernetes.apiserver.admission.webhook.Review.Answer;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.webhook.WebhookClient;
import io.jubernetes.common.codec.Json;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Calls the webhooks of one sort: finds out which have a say in a request, asks them, and tells
/// refusals from failures. Thread-safe.
final class HookCaller {
    private static final Logger LOG = LoggerFactory.getLogger(HookCaller.class);

    /// Larger than any patch of an object that the API takes.
    private static final int MAX_ANSWER = 8 << 20;

    private final CompiledObjects<List<Hook>> configurations;
    private final Matching matching;
    private final Authorizer authorizer;
    private final WebhookClient client;
    private final WebhookMetrics metrics;
    private final boolean mutating;

    HookCaller(
            ResourceCatalog catalog,
            ObjectStorage storage,
            Matching matching,
            Authorizer authorizer,
            WebhookClient client,
            MeterRegistry registry,
            boolean mutating) {
        String plural = (mutating ? "mutating" : "validating") + "webhookconfigurations";
        configurations =
                new CompiledObjects<>(storage, catalog.require("admissionregistration.k8s.io/v1", plural), Hook::all);
        this.matching = matching;
        this.authorizer = authorizer;
        this.client = client;
        this.mutating = mutating;
        metrics = new WebhookMetrics(registry, mutating ? "admit" : "validating");
    }

    /// The webhooks a request may have to do with, in the order of their configurations' names.
    List<Hook> of(AdmissionRequest request) {
        return Matching.isConfiguration(request)
                ? List.of()
                : configurations.all().stream().flatMap(List::stream).toList();
    }

    /// The resource as which a webhook wants to see a request; empty when it has no say in it.
    ///
    /// @throws ApiException when that cannot be found out
    Optional<ApiResource> wanted(Hook hook, AdmissionRequest request) {
        Optional<ApiResource> seenAs = matching.match(hook.criteria(), request);
        if (seenAs.isEmpty() || hook.conditions().isEmpty()) {
            return seenAs;
        }
        var values = Inputs.variables(
                request,
                seenAs.get(),
                Requests.seenAs(request, seenAs.get(), request.object()),
                Requests.seenAs(request, seenAs.get(), request.old()),
                null,
                authorizer);
        String operation = request.operation().name();
        return switch (hook.conditions().evaluate(values)) {
            case Conditions.Holds _ -> seenAs;
            case Conditions.Excluded _ -> {
                metrics.excluded(hook, operation);
                yield Optional.empty();
            }
            case Conditions.Failed(var message, var errors) -> {
                metrics.conditionsFailed(hook, operation, errors);
                if (hook.ignore()) {
                    yield Optional.empty();
                }
                throw ApiException.forbidden(
                        request.resource().group(), request.resource().plural(), request.name(), message);
            }
        };
    }

    /// What a call came to.
    sealed interface Outcome {}

    /// The webhook lets the request pass.
    record Passed(Answer answer) implements Outcome {}

    /// The request is refused.
    record Refused(ApiException refusal) implements Outcome {}

    /// The webhook could not be called, and does not mind.
    record Ignored() implements Outcome {}

    /// A call that failed.
    ///
    /// @param code of the failure's kind, for metrics
    private record CallFailure(String message, int code) {}

    /// Asks a webhook. Changes nothing of the request; callers put answers to use in order.
    Outcome call(Hook hook, AdmissionRequest request, ApiResource seenAs) {
        long start = System.nanoTime();
        String operation = request.operation().name();
        if (request.dryRun() && !hook.harmless()) {
            metrics.rejected(hook, operation, "apiserver_internal_error", 0);
            return new Refused(ApiException.badRequest(
                    "admission webhook " + Json.text(hook.name()) + " does not support dry run"));
        }
        Answer answer;
        try {
            answer = ask(hook, request, seenAs);
        } catch (CallException e) {
            return failed(hook, request, e.failure, start);
        }
        if (answer.allowed()) {
            metrics.called(hook, operation, false, 200, elapsed(start));
            return new Passed(answer);
        }
        ApiException refusal = refusal(hook.name(), answer);
        metrics.rejected(hook, operation, "no_error", refusal.code());
        metrics.called(hook, operation, true, refusal.code(), elapsed(start));
        return new Refused(refusal);
    }

    private static Duration elapsed(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private Outcome failed(Hook hook, AdmissionRequest request, CallFailure failure, long start) {
        String operation = request.operation().name();
        metrics.called(hook, operation, !hook.ignore(), failure.code(), elapsed(start));
        String shown = "failed calling webhook " + Json.text(hook.name()) + ": " + failure.message();
        if (!hook.ignore()) {
            LOG.warn("{}; the request is refused", shown);
            metrics.rejected(hook, operation, "calling_webhook_error", failure.code());
            return new Refused(ApiException.internal(shown));
        }
        LOG.warn("{}; the request passes", shown);
        metrics.failedOpen(hook);
        if (request.context().deadline().isOver()) {
            return new Refused(
                    ApiException.gatewayTimeout("Timeout: request did not complete within requested timeout"));
        }
        return new Ignored();
    }

    private static final class CallException extends Exception {
        @java.io.Serial
        private static final long serialVersionUID = 1L;

        private final transient CallFailure failure;

        CallException(String message, int code) {
            super(message, null, false, false);
            failure = new CallFailure(message, code);
        }
    }

    private Answer ask(Hook hook, AdmissionRequest request, ApiResource seenAs) throws CallException {
        if (hook.reviewVersion().isEmpty()) {
            throw new CallException(
                    "could not create admission objects: webhook does not accept known AdmissionReview versions (v1,"
                            + " v1beta1)",
                    400);
        }
        Review review = Review.of(request, seenAs, hook.reviewVersion(), mutating);
        Duration left = request.context().deadline().remaining();
        Duration timeout = left.compareTo(hook.timeout()) < 0 ? left : hook.timeout();
        com.fasterxml.jackson.databind.JsonNode answer;
        try {
            answer = client.post(new WebhookClient.Call(hook.id(), hook.client(), review.tree(), timeout, MAX_ANSWER));
        } catch (IOException e) {
            throw new CallException("failed to call webhook: " + e.getMessage(), 503);
        }
        try {
            return review.check(answer);
        } catch (IOException e) {
            throw new CallException("received invalid webhook response: " + e.getMessage(), 503);
        }
    }

    /// The refusal as the webhook words it.
    static ApiException refusal(String hook, Answer answer) {
        ObjectNode status = answer.status() instanceof ObjectNode given ? given : Json.object();
        String denied = "admission webhook " + Json.text(hook) + " denied the request";
        String message = status.path("message").asText("");
        String reason = status.path("reason").asText("");
        String shown = !message.isEmpty()
                ? denied + ": " + message
                : !reason.isEmpty() ? denied + ": " + reason : denied + " without explanation";
        // Nobody is refused with a status that looks like success.
        int code = Math.max(400, status.path("code").asInt(0));
        return ApiException.of(
                Math.min(code, 599),
                reason,
                shown,
                status.path("details") instanceof ObjectNode details ? details : null);
    }

    /// Hands on what an answer says beside yes and no.
    static void handOn(Hook hook, AdmissionRequest request, Answer answer) {
        answer.annotations().forEach((key, value) -> request.context().annotate(hook.name() + "/" + key, value));
        answer.warnings().forEach(request.context()::warn);
    }
}
