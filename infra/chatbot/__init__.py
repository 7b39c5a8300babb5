"""The chatbot beside the OCR pipeline (B12), off by default."""

from infra.chatbot.component import Chatbot, ChatbotArgs

__all__ = ["Chatbot", "ChatbotArgs"]
