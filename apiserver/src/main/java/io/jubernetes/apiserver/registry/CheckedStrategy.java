package io.jubernetes.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.validation.Field;
import java.util.List;

/// A kind whose rules walk the object with a [Field]. Subclasses report what is wrong at the place they stand.
public abstract class CheckedStrategy implements Strategy {
    /// Reports everything wrong with an object by itself.
    protected void check(Field object) {}

    /// Reports everything wrong with a change, beside what [#check] finds in the new object.
    protected void checkUpdate(Field object, Field old) {}

    /// Reports everything wrong with a change through the status subresource.
    protected void checkStatusUpdate(Field object, Field old) {}

    @Override
    public final List<Cause> validate(ObjectNode object) {
        Field root = Field.root(object);
        check(root);
        return root.causes();
    }

    @Override
    public final List<Cause> validateUpdate(ObjectNode object, ObjectNode old) {
        Field root = Field.root(object);
        checkUpdate(root, Field.root(old));
        return root.causes();
    }

    @Override
    public final List<Cause> validateStatusUpdate(ObjectNode object, ObjectNode old) {
        Field root = Field.root(object);
        checkStatusUpdate(root, Field.root(old));
        return root.causes();
    }
}
