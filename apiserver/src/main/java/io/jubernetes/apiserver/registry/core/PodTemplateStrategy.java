package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.registry.TemplateColumns;
import io.jubernetes.apiserver.registry.core.podspec.PodSpecRules;
import io.jubernetes.apiserver.registry.core.podspec.PodWarnings;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import java.util.List;

/// Pod templates that stand alone.
public final class PodTemplateStrategy implements Strategy {
    private static final Table TABLE = Columns.named()
            .text("Containers", template -> TemplateColumns.containers(template.path("template")))
            .text("Images", template -> TemplateColumns.images(template.path("template")))
            .text("Pod Labels", template -> TemplateColumns.labels(template.path("template")));

    @Override
    public void applyDefaults(ObjectNode template) {
        PodDefaults.apply(Meta.child(Meta.child(template, "template"), "spec"));
    }

    @Override
    public boolean hasGeneration() {
        return true;
    }

    @Override
    public boolean desiredStateChanged(ObjectNode template, ObjectNode old) {
        return !Meta.same(template.path("template"), old.path("template"));
    }

    @Override
    public List<Cause> validate(ObjectNode template) {
        Field root = Field.root(template);
        PodSpecRules.checkTemplate(root.get("template"), null);
        return root.causes();
    }

    @Override
    public List<Cause> validateChange(ObjectNode template, ObjectNode old, String subresource) {
        Field root = Field.root(template);
        PodSpecRules.checkTemplate(root.get("template"), old.path("template"));
        return root.causes();
    }

    @Override
    public List<String> warnings(ObjectNode template) {
        return PodWarnings.ofTemplate(Field.root(template).get("template"));
    }

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
