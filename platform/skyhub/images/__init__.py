"""Images of deep surveys around objects, where the operator has named a service that gives them."""

from skyhub.images._surveys import SurveyDesk, survey_image

__all__ = ["SurveyDesk", "survey_image"]
