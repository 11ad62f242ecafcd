package io.jubernetes.systemtests.operator;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Writes each greeting into a ConfigMap of the same name and repairs it when somebody changes it. Other programs may
/// rely on the finalizer: what it cleaned up is remembered.
@ControllerConfiguration(name = "greeter", finalizerName = "tests.jubernetes.io/greeter")
final class GreetingReconciler implements Reconciler<Greeting>, Cleaner<Greeting> {
    private static final String LABEL = "tests.jubernetes.io/greeting";

    private final Queue<String> cleaned = new ConcurrentLinkedQueue<>();

    @Override
    public List<EventSource<?, Greeting>> prepareEventSources(EventSourceContext<Greeting> context) {
        return List.of(new InformerEventSource<>(
                InformerEventSourceConfiguration.from(ConfigMap.class, Greeting.class)
                        .withLabelSelector(LABEL)
                        .build(),
                context));
    }

    @Override
    public UpdateControl<Greeting> reconcile(Greeting greeting, Context<Greeting> context) {
        String name = greeting.getMetadata().getName();
        Integer times = greeting.getSpec().times();
        ConfigMap wanted = new ConfigMapBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(greeting.getMetadata().getNamespace())
                .addToLabels(LABEL, name)
                .endMetadata()
                .withData(Map.of(
                        "greeting",
                        ("Hello " + greeting.getSpec().name() + "! ")
                                .repeat(times == null ? 1 : times)
                                .strip()))
                .build();
        wanted.addOwnerReference(greeting);
        context.getClient()
                .resource(wanted)
                .fieldManager("greeter")
                .forceConflicts()
                .serverSideApply();
        var status = new Greeting();
        // Applied by the server: only what is the operator's own may be in it.
        status.setMetadata(new ObjectMetaBuilder()
                .withName(name)
                .withNamespace(greeting.getMetadata().getNamespace())
                .build());
        status.setStatus(new Greeting.Status("Greeted", greeting.getMetadata().getGeneration()));
        return UpdateControl.patchStatus(status);
    }

    @Override
    public DeleteControl cleanup(Greeting greeting, Context<Greeting> context) {
        cleaned.add(greeting.getMetadata().getName());
        return DeleteControl.defaultDelete();
    }

    /// The greetings whose deletion it has seen.
    List<String> cleaned() {
        return List.copyOf(cleaned);
    }
}
